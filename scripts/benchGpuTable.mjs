/** The report of `bench:gpu` as a Markdown table, beside PyTorch's where there is one. */
import { figure } from './benchTable.mjs';

/** `torch` is what torchBench.py wrote, or null; `peakGflops` is 0 when it is not known. */
export function gpuTable(report, torch, peakGflops) {
  const variants = [...new Set((torch?.rows ?? []).map(({ variant }) => variant))];
  const head = [
    '',
    'unit',
    'Graft',
    'share of peak',
    ...variants.map((name) => `PyTorch ${name}`),
    'Graft / eager f32',
  ];
  const lines = report.rows.map(({ name, unit, value }) => {
    const theirs = variants.map((variant) => valueOf(torch, name, unit, variant));
    const eager = valueOf(torch, name, unit, 'eager f32');
    const share = unit === 'GFLOP/s' && peakGflops > 0 ? `${figure((100 * value) / peakGflops)} %` : '';
    return [
      name,
      unit,
      figure(value),
      share,
      ...theirs.map(figure),
      eager === null ? '' : figure(value / eager),
    ];
  });
  const cells = [head, head.map((_, i) => (i < 2 ? '---' : '---:')), ...lines];
  const table = cells.map((line) => `| ${line.join(' | ')} |`).join('\n');
  const features = report.features.length > 0 ? ` (${report.features.join(', ')})` : '';
  const theirs = torch === null ? '' : `; PyTorch on ${torch.device}, ${versions(torch)}`;
  const chosen = Object.entries(report.choices).map(([product, kernel]) => `${product} ${kernel}`);
  const kernels = chosen.length > 0 ? ` Kernels of products: ${chosen.join(', ')}.` : '';
  return `Graft on ${report.device}${features}${theirs}.${kernels}\n\n${table}`;
}

function valueOf(torch, name, unit, variant) {
  const row = torch?.rows.find((row) => row.name === name && row.unit === unit && row.variant === variant);
  return row?.value ?? null;
}

function versions(torch) {
  return Object.entries(torch.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
