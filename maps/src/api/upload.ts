/** Sends one file with progress. XMLHttpRequest, because `fetch` does not tell how much has gone out. */
import type { Lang } from '../state/hash.ts';
import { failureFrom, RequestError } from './problem.ts';
import type { Receipt } from './wire.ts';

export interface Sent {
  receipt: Receipt;
  /** The server had these bytes already. */
  known: boolean;
}

export function send(file: File, lang: Lang, progress: (sent: number, total: number) => void): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/uploads?filename=${encodeURIComponent(file.name)}`);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Accept-Language', lang);
    request.upload.addEventListener('progress', (event) => progress(event.loaded, event.total || file.size));
    request.addEventListener('error', () => reject(new RequestError({ kind: 'unreachable' })));
    request.addEventListener('load', () => {
      const { status, responseText } = request;
      if (status !== 200 && status !== 201 && status !== 202) {
        const type = request.getResponseHeader('content-type') ?? '';
        reject(new RequestError(failureFrom(status, type, responseText)));
        return;
      }
      try {
        const body = JSON.parse(responseText) as Receipt | { receipts: Receipt[] };
        const receipt = 'receipts' in body ? body.receipts[0] : body;
        if (!receipt) throw new Error('no receipt');
        resolve({ receipt, known: status === 200 });
      } catch {
        reject(new RequestError({ kind: 'unreadable' }));
      }
    });
    request.send(file);
  });
}
