/** The few signs that say more than a word would. */
const paths = {
  chip: 'M4 4h8v8H4zM6.5 1.5V4m3-2.5V4m-3 8v2.5m3-2.5v2.5M1.5 6.5H4m-2.5 3H4m8-3h2.5m-2.5 3h2.5',
  lock: 'M3.5 7h9v6.5h-9zM5.2 7V5a2.8 2.8 0 0 1 5.6 0v2',
  half: 'M8 2.4a5.6 5.6 0 0 1 0 11.2a5.6 5.6 0 0 1 0-11.2v11.2M10 3.4v9.2M12 5v6',
  check: 'M3.5 8.5l3 3 6-7',
  warning: 'M8 2.5l6 10.5H2zM8 6.5v3M8 11.2v.1',
  cross: 'M5 5l6 6M11 5l-6 6',
  list: 'M3 4.5h2M7 4.5h6M3 8h2M7 8h6M3 11.5h2M7 11.5h6',
  arrows: 'M5 13V3M3 5l2-2 2 2M11 3v10M9 11l2 2 2-2',
  undo: 'M3 6h6a3.5 3.5 0 0 1 0 7H6M5.5 3.5L3 6l2.5 2.5',
  down: 'M4 6l4 4 4-4',
  dash: 'M4 8h8',
  proof: 'M2 8.3L4.5 11l4-5M8 10.3l.8.7 5.2-6.5',
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
