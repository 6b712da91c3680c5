// Conversation and recipe, side by side where there is room; else in two tabs.

import { Activity, type ReactNode, useState, useSyncExternalStore } from 'react';
import { type TabName, Tabs } from './Tabs';

interface Props {
  chat: ReactNode;
  recipe: ReactNode;
  /** Counts the changes of the recipe. */
  changes: number;
}

/** Both panels stay mounted, also the one whose tab is not selected. */
export function Panels({ chat, recipe, changes }: Props) {
  const isNarrow = useSyncExternalStore(
    subscribeToWidth,
    () => narrowScreen().matches,
    () => false,
  );
  const [tab, setTab] = useState<TabName>('chat');
  const [seen, setSeen] = useState(changes);
  const isRecipeVisible = !isNarrow || tab === 'recipe';
  if (isRecipeVisible && seen !== changes) setSeen(changes);
  const modeOf = (name: TabName) => (isNarrow && tab !== name ? 'hidden' : 'visible');
  return (
    <main className="panels">
      {isNarrow && <Tabs selected={tab} onSelect={setTab} recipeChanged={seen !== changes} />}
      <Activity mode={modeOf('chat')}>
        <div className="panel" {...tabPanelProps('chat', isNarrow)}>
          {chat}
        </div>
      </Activity>
      <Activity mode={modeOf('recipe')}>
        <div className="panel recipe-panel" {...tabPanelProps('recipe', isNarrow)}>
          {recipe}
        </div>
      </Activity>
    </main>
  );
}

function tabPanelProps(name: TabName, isTab: boolean) {
  return isTab ? { id: `panel-${name}`, role: 'tabpanel', 'aria-labelledby': `tab-${name}` } : {};
}

const narrowScreen = () => matchMedia('(max-width: 800px)');

function subscribeToWidth(listener: () => void): () => void {
  const query = narrowScreen();
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}
