import type { BenchOptions } from './benchOptions.ts';
import type { ModelName } from './models.ts';

/** Rows of a batch and tokens of each: input, and target or new ones. */
export interface BatchShape {
  readonly size: number;
  readonly inputLength: number;
  readonly labelLength: number;
}

/**
 * The shapes that a case measures: its own, or those of the model asked for (its first shape with that model, where it has none),
 * each with the batch asked for.
 */
export function askedShapes<Shape extends BatchShape & { readonly model: ModelName }>(
  shapes: readonly Shape[],
  { model, batch }: Pick<BenchOptions, 'model' | 'batch'>,
): Shape[] {
  const ofModel = shapes.filter((shape) => model === null || shape.model === model);
  const chosen = model === null || ofModel.length > 0 ? ofModel : [{ ...shapes[0]!, model }];
  const changed = chosen.map((shape) => ({ ...shape, ...batch }));
  const isFirst = (shape: Shape, at: number): boolean =>
    changed.findIndex((other) => JSON.stringify(other) === JSON.stringify(shape)) === at;
  return changed.filter(isFirst);
}
