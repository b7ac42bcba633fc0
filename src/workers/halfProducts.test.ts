import { expect, test } from 'vitest';
import { openDevice } from '../engine/device.ts';
import { prepareHalfProducts } from './halfProducts.ts';

test('a device that multiplies in 32 bits only is refused, with the setting to change', async () => {
  const device = await openDevice('cpu');
  await expect(prepareHalfProducts(device)).rejects.toMatchObject({
    problem: {
      code: 'fp16-unsupported',
      message: expect.stringContaining(device.name) as string,
    },
  });
});
