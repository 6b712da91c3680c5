// Lets a member leave a recipe, who is asked once more.

import { useState } from 'react';
import { useTask } from '../hooks/useTask';
import { navigate } from '../lib/navigation';
import type { SharingCalls } from '../lib/sharing';
import { lazyTexts } from '../texts-lazy';

const labels = lazyTexts.share;

export function LeaveButton({ calls }: { calls: SharingCalls }) {
  const [isSure, setSure] = useState(false);
  const task = useTask();
  const leave = async () => {
    if (await task.run(() => calls.leave())) navigate('/');
  };
  if (!isSure) {
    return (
      <button type="button" className="secondary danger" onClick={() => setSure(true)}>
        {labels.leave}
      </button>
    );
  }
  return (
    <div className="row">
      <p>{labels.leaveSure}</p>
      <button type="button" className="secondary" onClick={() => setSure(false)}>
        {labels.cancel}
      </button>
      <button
        type="button"
        className="secondary danger"
        disabled={task.isRunning}
        onClick={() => void leave()}
      >
        {labels.leaveConfirm}
      </button>
      <p role="alert" className="problem">
        {task.problem}
      </p>
    </div>
  );
}
