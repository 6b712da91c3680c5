// Line drawings on a grid of 24 by 24; decoration beside words, so hidden from screen readers.

const PATHS = {
  alert: 'M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17M12 7.5V13M12 16.3v.1',
  back: 'M15 5l-7 7 7 7',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 5.5a7.5 7.5 0 1 0 0 15a7.5 7.5 0 1 0 0-15M12 9v4l2.500 1.500M9.500 2.500h5',
  close: 'M6 6l12 12M18 6L6 18',
  cook: 'M4.500 10.500h15V16a4 4 0 0 1-4 4h-7a4 4 0 0 1-4-4zM2 12.500h2.500M19.500 12.500H22M4.500 7.500h15M12 7.500V5',
  copy: 'M9 9h9.500v11H9zM15 9V4.500H5V16h4',
  file: 'M6 3.500h8l4.500 4.500V20.500H6zM14 3.500V8h4.500',
  hidden:
    'M4 4l16 16M9.900 5.700A9.600 9.600 0 0 1 12 5.500c5 0 8 4 9 6.500a11 11 0 0 1-2.700 3.800M6.300 7.300A11.500 11.500 0 0 0 3 12c1 2.500 4 6.500 9 6.500a9 9 0 0 0 3.800-.8M10 10a3 3 0 0 0 4.100 4.100',
  history: 'M4 12a8 8 0 1 0 2.600-5.900L4 8.500M4 4v4.500h4.500M12 8v4.300l3 1.700',
  lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3',
  minus: 'M5 12h14',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  people:
    'M9 5a3.500 3.500 0 1 0 0 7a3.500 3.500 0 1 0 0-7M3 19.500c0-3.300 2.700-5.500 6-5.500s6 2.200 6 5.500M16 5.500a3.200 3.200 0 0 1 0 6.200M17.500 14.300c2 .6 3.500 2.400 3.500 5.200',
  plus: 'M12 5v14M5 12h14',
  search: 'M11 4.500a6.500 6.500 0 1 0 0 13a6.500 6.500 0 1 0 0-13M16 16l4 4',
  send: 'M12 19V5M5.500 11.500L12 5l6.500 6.500',
  share:
    'M12 15V3.500M7.500 8L12 3.500 16.500 8M5 13v5.500A1.500 1.500 0 0 0 6.500 20h11a1.500 1.500 0 0 0 1.500-1.500V13',
  stop: 'M7 7h10v10H7z',
  talk: 'M5 5.500h14v10.500h-8L7 19.500V16H5z',
  undo: 'M8 6L4 10l4 4M4 10h10a5.500 5.500 0 0 1 0 11h-3',
  up: 'M6 15l6-6 6 6',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
