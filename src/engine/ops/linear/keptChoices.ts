/** The kernels chosen for classes of products as text, e.g. `{"NN small":"direct 4x4"}`, to be kept between visits. */
import { kernelName, type MatmulKernel } from './matmulKernels.ts';

/** The choices as JSON: class name → kernel name. */
export function writeChoices(choices: ReadonlyMap<string, MatmulKernel>): string {
  return JSON.stringify(Object.fromEntries([...choices].map(([name, kernel]) => [name, kernelName(kernel)])));
}

/**
 * The choices for exactly these classes; undefined when the text is damaged, lacks a class, or names a kernel that is no
 * candidate (or no longer).
 */
export function readChoices(
  text: string,
  classes: readonly string[],
  candidates: readonly MatmulKernel[],
): ReadonlyMap<string, MatmulKernel> | undefined {
  let named: unknown;
  try {
    named = JSON.parse(text);
  } catch {
    return undefined;
  }
  const choices = new Map<string, MatmulKernel>();
  for (const name of classes) {
    const wanted = (named as Record<string, unknown> | null)?.[name];
    const kernel = candidates.find((candidate) => kernelName(candidate) === wanted);
    if (kernel === undefined) return undefined;
    choices.set(name, kernel);
  }
  return choices;
}
