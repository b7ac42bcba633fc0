/** What all recordings of a run may own: uploads and uniforms, half a megabyte for a step over rows of 256 tokens. */
export const MOST_RECORDED_BYTES = 8 * 2 ** 20;
