/** The instruments of a run as one PNG, in the colours they have on the page. */

/** CSS that an SVG takes from the page and loses outside of it. */
const INHERITED = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linecap',
  'opacity',
  'visibility',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
] as const;

/** Pixels of the file per pixel of the page. */
const SCALE = 2;
const TITLE_HEIGHT = 36;
const NAME_WIDTH = 130;
const GAP = 10;

/** Draws the curves inside `root`, one under the other, with their names. Throws where nothing is drawn yet. */
export async function tracksPng(root: HTMLElement, title: string): Promise<Blob> {
  const tracks = [...root.querySelectorAll<HTMLElement>('figure.track')].flatMap((figure) => {
    const svg = figure.querySelector<SVGSVGElement>('svg.recharts-surface');
    return svg === null ? [] : [{ name: figure.getAttribute('aria-label') ?? '', svg }];
  });
  if (tracks.length === 0) throw new Error('There is no curve to save.');
  const sizes = tracks.map(({ svg }) => svg.getBoundingClientRect());
  const width = NAME_WIDTH + Math.max(...sizes.map((size) => size.width)) + GAP;
  const height = TITLE_HEIGHT + sizes.reduce((sum, size) => sum + size.height + GAP, 0);

  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * SCALE);
  canvas.height = Math.round(height * SCALE);
  const context = canvas.getContext('2d')!;
  const { color, fontFamily } = getComputedStyle(root);
  context.scale(SCALE, SCALE);
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, width, height);
  context.fillStyle = color;
  context.font = `600 14px ${fontFamily}`;
  context.fillText(title, GAP, 24);
  context.font = `12px ${fontFamily}`;
  let top = TITLE_HEIGHT;
  for (const [i, { name, svg }] of tracks.entries()) {
    context.fillText(name, GAP, top + 16);
    const { width: drawnWidth, height: drawnHeight } = sizes[i]!;
    context.drawImage(
      await rasterised(svg, drawnWidth, drawnHeight),
      NAME_WIDTH,
      top,
      drawnWidth,
      drawnHeight,
    );
    top += drawnHeight + GAP;
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error('The browser could not write the picture.'));
      else resolve(blob);
    }, 'image/png');
  });
}

/** A picture of an SVG with the page's styles written into it. */
async function rasterised(svg: SVGSVGElement, width: number, height: number): Promise<HTMLImageElement> {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute('width', String(width * SCALE));
  copy.setAttribute('height', String(height * SCALE));
  if (!copy.hasAttribute('viewBox')) copy.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const originals = svg.querySelectorAll('*');
  for (const [i, element] of copy.querySelectorAll('*').entries()) {
    const style = getComputedStyle(originals[i]!);
    const inlined = INHERITED.map((name) => `${name}:${style.getPropertyValue(name)}`).join(';');
    element.setAttribute('style', inlined);
  }
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  return image;
}
