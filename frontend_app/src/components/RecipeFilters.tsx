// Which of the recipes are shown: whose they are, and with which tag.

import type { Filter } from '../hooks/useRecipeList';
import { lazyTexts } from '../texts-lazy';

const labels = lazyTexts.home;
const FILTERS: readonly Filter[] = ['all', 'mine', 'shared'];

interface Props {
  tags: readonly string[];
  filter: Filter;
  /** Null for all tags. */
  tag: string | null;
  onFilter: (filter: Filter) => void;
  onTag: (tag: string | null) => void;
}

export function RecipeFilters({ tags, filter, tag, onFilter, onTag }: Props) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div className="chips filters" role="group" aria-label={labels.filter}>
      {FILTERS.map(name => (
        <button
          type="button"
          className="chip"
          key={name}
          aria-pressed={filter === name}
          onClick={() => onFilter(name)}
        >
          {labels.filters[name]}
        </button>
      ))}
      {tags.length > 0 && <span className="chips-line" aria-hidden="true" />}
      {tags.map(name => (
        <button
          type="button"
          className="chip"
          key={name}
          aria-pressed={tag === name}
          onClick={() => onTag(tag === name ? null : name)}
        >
          <span dir="auto">{name}</span>
        </button>
      ))}
    </div>
  );
}
