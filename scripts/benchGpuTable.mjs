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
    'Graft / eager bf16',
  ];
  const lines = report.rows.map(({ name, unit, value, bits }) => {
    const theirs = variants.map((variant) => valueOf(torch, name, unit, variant));
    const ratioTo = (variant) => {
      const other = valueOf(torch, name, unit, variant);
      return other === null ? '' : figure(value / other);
    };
    const hasPeak = unit === 'GFLOP/s' && bits === 32 && peakGflops > 0;
    const share = hasPeak ? `${figure((100 * value) / peakGflops)} %` : '';
    return [
      bits === 16 ? `${name}, 16-bit products` : name,
      unit,
      figure(value),
      share,
      ...theirs.map(figure),
      ratioTo('eager f32'),
      bits === 16 ? ratioTo('eager bf16') : '',
    ];
  });
  const cells = [head, head.map((_, i) => (i < 2 ? '---' : '---:')), ...lines];
  const table = cells.map((line) => `| ${line.join(' | ')} |`).join('\n');
  const features = report.features.length > 0 ? ` (${report.features.join(', ')})` : '';
  const theirs = torch === null ? '' : `; PyTorch on ${torch.device}, ${versions(torch)}`;
  const kernels =
    chosenKernels('products', report.choices) + chosenKernels('products in 16 bits', report.halfChoices);
  return `Graft on ${report.device}${features}${theirs}.${kernels}\n\n${table}`;
}

function chosenKernels(what, choices) {
  const chosen = Object.entries(choices).map(([product, kernel]) => `${product} ${kernel}`);
  return chosen.length > 0 ? ` Kernels of ${what}: ${chosen.join(', ')}.` : '';
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
