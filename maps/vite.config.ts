import { readFile } from 'node:fs/promises';
import { defineConfig, type Plugin } from 'vite';

const LAND = 'basemap/land.json';

/** Ships Natural Earth's 1:50M land as its own file, so that the page draws before it arrives. */
function naturalEarthLand(): Plugin {
  const read = () => readFile(new URL('node_modules/world-atlas/land-50m.json', import.meta.url));
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

/** The notices of what is bundled, as their licences ask. */
function licences(): Plugin {
  const sources = ['maplibre-gl/LICENSE.txt', 'topojson-client/LICENSE', 'world-atlas/LICENSE'];
  return {
    name: 'licences',
    async generateBundle() {
      const parts = await Promise.all(
        sources.map(
          async (file) =>
            `${file.split('/')[0]}\n\n${await readFile(new URL(`node_modules/${file}`, import.meta.url), 'utf8')}`,
        ),
      );
      const source = ['Made with Natural Earth (public domain).', ...parts].join(`\n\n${'-'.repeat(100)}\n\n`);
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source });
    },
  };
}

const api = process.env['MERESTONE_URL'] ?? 'http://127.0.0.1:8080';
const paths = [
  'boundaries',
  'base',
  'tiles',
  'tiles.json',
  'collections',
  'at',
  'search',
  'uploads',
  'inspections',
  'jobs',
  'check-runs',
];

export default defineConfig({
  base: '/',
  plugins: [naturalEarthLand(), licences()],
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
        assetFileNames: ({ names }) =>
          `assets/[name]-[hash]${names.some((name) => name.endsWith('.mjs')) ? '.js' : '[extname]'}`,
      },
    },
  },
  server: { proxy: Object.fromEntries(paths.map((path) => [`^/${path.replace('.', '\\.')}([/?]|$)`, api])) },
});
