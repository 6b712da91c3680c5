// A text that may have changed: the old one struck before the new one.

export function ChangedText({ before, after }: { before: string | undefined; after: string }) {
  if (before === undefined || before === after) return after;
  return (
    <>
      <del>{before}</del> <ins>{after}</ins>
    </>
  );
}
