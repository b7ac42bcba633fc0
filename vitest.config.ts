import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'bench/**/*.test.ts', 'parity/**/*.test.ts', 'scripts/**/*.test.mjs'],
    environment: 'node',
    setupFiles: ['src/test/setup.ts'],
    testTimeout: 240_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
