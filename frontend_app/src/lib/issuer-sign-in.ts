// Signing in at an identity provider: which there are, the way there, and what the browser comes back with. The server
// does the rest (`/v1/auth/issuers`). Loaded with the form.

import type { Api } from './api';

export interface SignInIssuer {
  name: string;
  label: string;
}

/** What stands after the `#` of the page that the browser comes back to. */
const OUTCOME = 'sign_in';

/** None where the server cannot be asked: the form works without them. */
export async function signInIssuers(api: Api): Promise<SignInIssuer[]> {
  try {
    const answer = await (await api.callAnonymously('/v1/auth/issuers')).json();
    return Array.isArray(answer?.issuers) ? answer.issuers : [];
  } catch {
    return [];
  }
}

/** Leads to the issuer, and at last back to this page. */
export function signInAddress(issuer: SignInIssuer): string {
  const back = new URLSearchParams({ return: location.pathname });
  return `/v1/auth/issuers/${encodeURIComponent(issuer.name)}/sign-in?${back}`;
}

/** What has become of a sign-in, told once: it does not stay in the address. */
export function takeOutcome(): string | null {
  const outcome = new URLSearchParams(location.hash.slice(1)).get(OUTCOME);
  if (outcome !== null)
    history.replaceState(history.state, '', location.pathname + location.search);
  return outcome;
}
