// The way back to the recipes.

import { texts } from '../texts';
import { Icon } from './Icon';
import { Link } from './Link';

export function HomeLink() {
  return (
    <Link href="/" className="home-link" aria-label={texts.home}>
      <Icon name="back" />
      <span className="wide-only">{texts.recipes}</span>
    </Link>
  );
}
