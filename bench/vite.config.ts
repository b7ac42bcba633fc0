import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The bench's own page, built beside the product and never into it. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  logLevel: 'warn',
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    chunkSizeWarningLimit: 4000,
    outDir: '../test-results/bench-page',
    emptyOutDir: true,
  },
});
