/** The few signs that say more than a word would. */
const paths = {
  chip: 'M5 3v2M8 3v2M11 3v2M5 11v2M8 11v2M11 11v2M3 5h2M3 8h2M3 11h2M11 5h2M11 8h2M11 11h2M5 5h6v6H5z',
  lock: 'M4.5 7.5h7v5h-7zM6 7.5V5.5a2 2 0 0 1 4 0v2',
  half: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
  check: 'M3.5 8.5l3 3 6-7',
  warning: 'M8 2.5l6 10.5H2zM8 6.5v3M8 11.2v.1',
  cross: 'M5 5l6 6M11 5l-6 6',
  list: 'M3 4.5h2M7 4.5h6M3 8h2M7 8h6M3 11.5h2M7 11.5h6',
  arrows: 'M5 13V3M3 5l2-2 2 2M11 3v10M9 11l2 2 2-2',
  undo: 'M3 6h6a3.5 3.5 0 0 1 0 7H6M5.5 3.5L3 6l2.5 2.5',
  down: 'M4 6l4 4 4-4',
} as const;

export type IconName = keyof typeof paths;

/** Decoration beside a word: hidden from screen readers. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="i" viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
