/** Where each kind of file lies in the file store. */
export const datasetFolder = (datasetId: string): string => `datasets/${datasetId}`;
export const modelFolder = (modelId: string): string => `models/${modelId}`;
export const adapterFolder = (adapterId: string): string => `adapters/${adapterId}`;
export const runFolder = (runId: string): string => `runs/${runId}`;
/** The last merged model that was written for download; the next one replaces it. */
export const mergedPath = 'exports/merged.zip';
export const checkpointPath = (runId: string): string => `${runFolder(runId)}/checkpoint.safetensors`;
/** Which kernels are fastest on this machine's adapters. */
export const matmulTuningPath = 'tuning/matmul.json';
