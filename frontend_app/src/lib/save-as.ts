// Saves what was fetched as a file of the reader's.

/** The address of the content is given up after this time, in ms: the browser has read it then. */
const REVOKE_DELAY = 10_000;

export function saveAs(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_DELAY);
}
