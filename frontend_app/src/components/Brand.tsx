// The app's sign and name, on pages that have no header of their own.

import { texts } from '../texts';

export function Brand() {
  return (
    <p className="brand">
      <img src="/favicon.svg" alt="" width="32" height="32" />
      {texts.appName}
    </p>
  );
}
