import { expect, test as base } from '@playwright/test';
import { watchContext } from './watchPage.ts';

interface JourneyOptions {
  /** Console errors and uncaught errors that this journey provokes on purpose. */
  allowedErrors: RegExp | null;
  /** Addresses outside the page's own origin that this journey asks for on purpose. */
  allowedRequests: RegExp | null;
}

/**
 * Playwright's `test` with one promise added to every journey: no uncaught error, no console error, and no request
 * to another origin. `test.use({ allowedErrors: /…/ })` excepts errors that are meant. (One expression, since
 * Playwright takes an array of two objects for a fixture with its options.)
 */
export const test = base.extend<JourneyOptions & { keptPromises: void }>({
  allowedErrors: [null, { option: true }],
  allowedRequests: [null, { option: true }],
  keptPromises: [
    async ({ context, baseURL, allowedErrors, allowedRequests }, use) => {
      const watch = watchContext(context, new URL(baseURL ?? '').origin);
      await use();
      const broken = {
        errors: watch.errors.filter((error) => !allowedErrors?.test(error)),
        foreignRequests: watch.foreignRequests.filter((address) => !allowedRequests?.test(address)),
      };
      expect(broken, 'what the page should not do').toEqual({ errors: [], foreignRequests: [] });
    },
    { auto: true },
  ],
});

export { expect };
