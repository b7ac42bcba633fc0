/** Builds the page of measure.mjs, which says where to. */
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  publicDir: false,
  build: { target: 'es2023', chunkSizeWarningLimit: 4000, emptyOutDir: true },
});
