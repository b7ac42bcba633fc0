/**
 * A small static server for the built page, with the two headers that isolate it (threads for WASM need them).
 * Run by itself: `node scripts/serveFolder.mjs FOLDER PORT`. Only Node's own modules.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const mediaTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
  '.csv': 'text/csv; charset=utf-8',
  '.tsv': 'text/tab-separated-values; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
};

const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};

/** The file a request means, or null when the path leaves the folder or cannot be decoded. */
function fileOf(root, url) {
  try {
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
    if (path.includes('\0')) return null;
    const file = resolve(root, `.${path.endsWith('/') ? `${path}index.html` : path}`);
    return file.startsWith(root + sep) ? file : null;
  } catch {
    return null;
  }
}

function sayPlainly(response, status, text) {
  response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

function sendFile(file, found, request, response) {
  const tag = `"${found.size.toString(16)}-${Math.floor(found.mtimeMs).toString(16)}"`;
  const isKnown = request.headers['if-none-match'] === tag;
  response.writeHead(isKnown ? 304 : 200, {
    ...headers,
    ETag: tag,
    'Content-Type': mediaTypes[extname(file).toLowerCase()] ?? 'application/octet-stream',
    ...(isKnown ? {} : { 'Content-Length': found.size }),
  });
  if (isKnown || request.method === 'HEAD') {
    response.end();
    return;
  }
  const body = createReadStream(file);
  body.on('error', () => response.destroy());
  response.on('close', () => body.destroy());
  body.pipe(response);
}

function answerer(folder) {
  const root = resolve(folder);
  return async (request, response) => {
    const file = fileOf(root, request.url ?? '/');
    const found = file ? await stat(file).catch(() => null) : null;
    if (!['GET', 'HEAD'].includes(request.method)) sayPlainly(response, 405, 'Only GET and HEAD.');
    else if (!found?.isFile()) sayPlainly(response, 404, 'There is no such file.');
    else sendFile(file, found, request, response);
  };
}

function listen(answer, port, host) {
  return new Promise((resolveListening, reject) => {
    const server = createServer(answer);
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => resolveListening(server));
  });
}

/** `localhost` is two addresses; holding both keeps another program from answering on the other one. */
async function listenOnAll(answer, port, host) {
  if (host !== 'localhost') return [await listen(answer, port, host)];
  const four = await listen(answer, port, '127.0.0.1');
  const taken = four.address().port;
  try {
    return [four, await listen(answer, taken, '::1')];
  } catch (error) {
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') return [four];
    four.close();
    throw error;
  }
}

/**
 * Serves `folder` on the first free port from `port` on (`tryCount` of them; port 0 lets the system choose).
 * Resolves with `{port, address, close}`; rejects when none is free.
 */
export async function serveFolder(folder, { port = 4173, host = 'localhost', tryCount = 20 } = {}) {
  const answer = answerer(folder);
  for (let tried = port; ; tried++) {
    try {
      const servers = await listenOnAll(answer, tried, host);
      const taken = servers[0].address().port;
      return {
        port: taken,
        address: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/`,
        close() {
          for (const server of servers) {
            server.close();
            server.closeAllConnections();
          }
        },
      };
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || tried + 1 >= port + tryCount || tried >= 65_535) throw error;
    }
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [folder = 'dist', port = '4173'] = process.argv.slice(2);
  const served = await serveFolder(join(process.cwd(), folder), { port: Number(port), tryCount: 1 });
  console.log(`Serving ${folder} at ${served.address}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(0));
}
