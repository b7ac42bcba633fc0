/** The page's handle on the tokenizer worker: started on first use. */
import type { TokenizerApi, TokenizerEvent } from './protocol.ts';
import { connect, type Connection } from './rpc.ts';

let current: Connection<TokenizerApi, TokenizerEvent> | undefined;

/** The connection to the tokenizer worker. */
export function tokenizerWorker(): Connection<TokenizerApi, TokenizerEvent> {
  if (current === undefined) {
    const worker = new Worker(new URL('./tokenizer.worker.ts', import.meta.url), {
      type: 'module',
      name: 'graft-tokenizer',
    });
    const connection = connect<TokenizerApi, TokenizerEvent>(worker);
    worker.addEventListener('error', (event) => {
      worker.terminate();
      current = undefined;
      connection.fail({
        code: 'tokenizer-died',
        message: `The reading of files stopped: ${reasonOf(event)}.`,
        fix: 'Reload the page and drop the file again.',
      });
    });
    current = connection;
  }
  return current;
}

/** A worker that could not be loaded at all gives no message. */
function reasonOf({ message }: ErrorEvent): string {
  return typeof message === 'string' && message !== '' ? message : 'its code could not be loaded';
}
