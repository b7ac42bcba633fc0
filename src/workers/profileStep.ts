/** Where one training step of the loaded model spends its time, for the page's developer view. */
import { profileKernels } from '../engine/profile/profileKernels.ts';
import type { KernelProfile } from '../engine/profile/kernelTimes.ts';
import { purgePool } from '../engine/memory.ts';
import { fullBatch, measuredRun, openRepeatedStep } from '../training/repeatedStep.ts';
import type { BaseModel } from '../training/trainables.ts';

/** Times the kernels of a LoRA step (rank 16 on q and v) over 4 rows of 64 and 16 tokens, after one step to warm up. */
export async function profileStep(model: BaseModel): Promise<KernelProfile> {
  const step = openRepeatedStep(model, measuredRun('lora'), fullBatch(model.config, 4, 64, 16));
  try {
    await step.run();
    return await profileKernels(() => step.run());
  } finally {
    step.dispose();
    purgePool();
  }
}
