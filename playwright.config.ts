import { defineConfig } from '@playwright/test';

const port = Number(process.env.GRAFT_E2E_PORT ?? 4187);
const executablePath = process.env.CHROME_PATH;

/**
 * Journeys run against the built page in one real headless Chromium, on WebGPU by SwiftShader: a software adapter is
 * slow but is there on every machine. CHROME_PATH names the browser; without it, Playwright's own is taken.
 */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results/journeys',
  timeout: 900_000,
  expect: { timeout: 30_000 },
  fullyParallel: false,
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list'], ['json', { outputFile: 'test-results/journeys.json' }]],
  use: {
    baseURL: `http://localhost:${port}/`,
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      args: [
        '--no-sandbox',
        '--enable-unsafe-webgpu',
        '--use-webgpu-adapter=swiftshader',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        '--disable-quic',
      ],
    },
    // Playwright's default is the headless shell, which has no WebGPU; this takes the full browser.
    ...(executablePath ? {} : { channel: 'chromium' }),
  },
  webServer: {
    command: `node scripts/serveFolder.mjs dist ${port}`,
    url: `http://localhost:${port}/`,
    reuseExistingServer: false,
    timeout: 30_000,
  },
});
