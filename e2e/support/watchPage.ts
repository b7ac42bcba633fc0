import type { BrowserContext, ConsoleMessage } from '@playwright/test';

/** What one journey's pages did that they should not have; sentences, in order. */
export interface PageWatch {
  errors: string[];
  foreignRequests: string[];
}

/** Uncaught errors and console errors of every page and dedicated worker in the context. */
export function collectErrors(context: BrowserContext): string[] {
  const errors: string[] = [];
  context.on('weberror', (webError) => errors.push(`uncaught: ${webError.error().message}`));
  context.on('console', (message: ConsoleMessage) => {
    if (message.type() !== 'error') return;
    const { url, lineNumber } = message.location();
    errors.push(`console: ${message.text()} (${url}:${lineNumber})`);
  });
  return errors;
}

/**
 * Addresses outside `origin` that a page or worker of the context asked for, sockets included. `blob:` and `data:`
 * stay inside the page. A journey keeps this list empty: nothing leaves the machine.
 */
export function collectForeignRequests(context: BrowserContext, origin: string): string[] {
  const foreign: string[] = [];
  const note = (address: string) => {
    const { protocol, origin: asked } = new URL(address);
    if (protocol === 'blob:' || protocol === 'data:' || asked === origin) return;
    foreign.push(address);
  };
  context.on('request', (request) => note(request.url()));
  context.on('page', (page) => page.on('websocket', (socket) => note(socket.url())));
  return foreign;
}

/** Starts both watches; call it before the first page opens. */
export function watchContext(context: BrowserContext, origin: string): PageWatch {
  return { errors: collectErrors(context), foreignRequests: collectForeignRequests(context, origin) };
}
