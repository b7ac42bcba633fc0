/** The subgroup matrices (tensor cores, simdgroup matrices) that an adapter has: an experimental extension of WebGPU. */

/** What the units of a GPU multiply: rows x depth by depth x columns, and the invocations that do it together. */
export interface MatrixUnit {
  /** Of the factors; sums are in 32 bits. */
  readonly component: 'f16' | 'f32';
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly lanes: number;
}

/** The name of the feature; browsers have it behind a flag, Dawn with `allow_unsafe_apis`. */
export const matrixFeature = 'chromium-experimental-subgroup-matrix' as GPUFeatureName;

/** As Dawn reports it; not yet in the types of WebGPU. */
interface MatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** The units of an adapter that sum in 32 bits; none where a device could not be opened with the feature. */
export function matrixUnitsOf({ features, info }: Pick<GPUAdapter, 'features' | 'info'>): MatrixUnit[] {
  if (!features.has(matrixFeature)) return [];
  const { subgroupMatrixConfigs = [] } = info as { subgroupMatrixConfigs?: readonly MatrixConfig[] };
  const lanes = info.subgroupMaxSize;
  return subgroupMatrixConfigs.flatMap(({ componentType, resultComponentType, M, N, K }) => {
    const isUsable = componentType === 'f32' || (componentType === 'f16' && features.has('shader-f16'));
    if (!isUsable || resultComponentType !== 'f32') return [];
    return [{ component: componentType, rows: M, columns: N, depth: K, lanes }];
  });
}
