// What the landing page shows of the app: an example to try, and three things to know. Loaded after the page is there.

import { lazyTexts } from '../texts-lazy';
import { DemoCard } from './DemoCard';
import { Icon } from './Icon';

export default function LandingExample() {
  return (
    <>
      <DemoCard />
      <ul className="points">
        {lazyTexts.points.map(([icon, title, text]) => (
          <li key={icon}>
            <Icon name={icon} />
            <p>
              <b>{title}</b>
              <br />
              <span className="soft meta">{text}</span>
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}
