// The identity providers at which people can sign in, as ways in beside the form; nothing where there are none.

import { useEffect, useState } from 'react';
import type { Api } from '../lib/api';
import { type SignInIssuer, signInAddress, signInIssuers } from '../lib/issuer-sign-in';
import { lazyTexts } from '../texts-lazy';

const labels = lazyTexts.signIn;

export function SignInIssuers({ api }: { api: Api }) {
  const [issuers, setIssuers] = useState<SignInIssuer[]>([]);
  useEffect(() => {
    let isShown = true;
    void signInIssuers(api).then(found => isShown && setIssuers(found));
    return () => {
      isShown = false;
    };
  }, [api]);
  return issuers.map(issuer => (
    <a key={issuer.name} className="button secondary" dir="auto" href={signInAddress(issuer)}>
      {labels.at(issuer.label)}
    </a>
  ));
}
