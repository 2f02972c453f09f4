import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { defineConfig, type Plugin } from 'vite';

const LAND = 'basemap/land.json';

/** Ships Natural Earth's 1:50M land as its own file, so that the page draws before it arrives. */
function naturalEarthLand(): Plugin {
  const read = () => readFile(createRequire(import.meta.url).resolve('world-atlas/land-50m.json'));
  return {
    name: 'natural-earth-land',
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: LAND, source: await read() });
    },
    configureServer(server) {
      server.middlewares.use(`/${LAND}`, (_request, response) => {
        void read().then((bytes) => response.setHeader('Content-Type', 'application/json').end(bytes));
      });
    },
  };
}

const api = process.env['MERESTONE_URL'] ?? 'http://127.0.0.1:8080';
const paths = ['boundaries', 'base', 'tiles', 'tiles.json', 'collections', 'at', 'uploads', 'inspections', 'jobs', 'check-runs'];

export default defineConfig({
  base: '/',
  plugins: [naturalEarthLand()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1600,
    modulePreload: { polyfill: false },
    // Two pieces: MapLibre changes rarely, the viewer often.
    // The worker is renamed: every server knows the media type of `.js`, not every one that of `.mjs`.
    rolldownOptions: {
      output: {
        codeSplitting: { groups: [{ name: 'maplibre', test: /maplibre-gl/ }] },
        assetFileNames: ({ names }) => `assets/[name]-[hash]${names.some((name) => name.endsWith('.mjs')) ? '.js' : '[extname]'}`,
      },
    },
  },
  server: { proxy: Object.fromEntries(paths.map((path) => [`^/${path.replace('.', '\\.')}([/?]|$)`, api])) },
});
