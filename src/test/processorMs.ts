/**
 * Processor time that work takes, milliseconds: on a busy machine the clock runs on while the work waits. For tests that a
 * long input does not take time by its square; with room for slow machines.
 */
export async function processorMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
