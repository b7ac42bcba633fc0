/** An adapter off the device: what is stored, exported, imported and sent between threads. Pure. */
export interface AdapterSnapshot {
  /** Settings as trained; a module may differ (see `LoraMatrices`). */
  readonly r: number;
  readonly alpha: number;
  readonly dropout: number;
  /** Module names: q, v, … */
  readonly targets: readonly string[];
  /** PEFT's use_rslora: scale by alpha/√r instead of alpha/r. */
  readonly isRankStabilised: boolean;
  /** Module path → matrices. */
  readonly modules: ReadonlyMap<string, LoraMatrices>;
}

/** The matrices of one module, row-major. */
export interface LoraMatrices {
  readonly rank: number;
  readonly alpha: number;
  readonly inSize: number;
  readonly outSize: number;
  /** [rank, in] */
  readonly a: Float32Array;
  /** [out, rank] */
  readonly b: Float32Array;
}
