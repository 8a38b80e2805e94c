import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RepositoryServer {
  root: string;
  /** By path below the root. */
  files: Map<string, Buffer | string>;
  /** "GET /path bytes=…", in order. */
  requests: string[];
  /** Takes a request over where it returns true. */
  before: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
}

/** A real web server of files with Range, If-Range, ETag and Last-Modified. */
export async function serve(): Promise<RepositoryServer> {
  const repository: RepositoryServer = { root: '', files: new Map(), requests: [], before: undefined };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').replace(/^\/maven\//, '');
    repository.requests.push(`${request.method} ${path} ${request.headers.range ?? ''}`.trim());
    if (repository.before?.(request, response) === true) return;
    const file = repository.files.get(path);
    if (file === undefined) return void response.writeHead(404).end('<html>no</html>');
    answer(request, response, Buffer.from(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  repository.root = `http://127.0.0.1:${(server.address() as AddressInfo).port}/maven/`;
  return repository;
}

export function answer(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Buffer,
  cutAfter?: number,
): void {
  const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
  const range = /^bytes=(\d+)-/.exec(request.headers.range ?? '');
  const from = range !== null && request.headers['if-range'] === etag ? Number(range[1]) : 0;
  const part = bytes.subarray(from);
  response.writeHead(from > 0 ? 206 : 200, {
    etag,
    'last-modified': 'Tue, 14 Nov 2023 22:13:20 GMT',
    'content-length': part.length,
    ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
  });
  if (request.method === 'HEAD') return void response.end();
  if (cutAfter === undefined) return void response.end(part);
  response.write(part.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 50));
}
