// Who is on the recipe now: faces, the reader's own last. Loaded after the recipe.

import type { Presence } from '@recipe-chat/client';
import { useMediaQuery } from '../hooks/useMediaQuery';
import { lazyTexts } from '../texts-lazy';
import { Face } from './Face';

const MAX_FACES = 4;
/** Beside them stands what is pressed. */
const MAX_FACES_ON_PHONE = 2;
const SMALL_PHONE = '(max-width: 480px)';

export default function PeopleHere({ presence, me }: { presence: Presence | null; me: string }) {
  const most = useMediaQuery(SMALL_PHONE) ? MAX_FACES_ON_PHONE : MAX_FACES;
  if (!presence || presence.count < 2) return null;
  const people = presence.people.toSorted((a, b) => Number(a.id === me) - Number(b.id === me));
  const shown = people.slice(0, most);
  const rest = presence.count - shown.length;
  return (
    <ul className="faces" aria-label={lazyTexts.peopleHere(presence.count)}>
      {shown.map(person => (
        <li key={person.id}>
          <Face user={person} labelled />
        </li>
      ))}
      {rest > 0 && <li className="face more">+{rest}</li>}
    </ul>
  );
}
