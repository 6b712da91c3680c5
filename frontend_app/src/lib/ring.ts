// The end of a timer: three tones, and a notification where the person has allowed them and looks elsewhere.

import { notify } from './notifications';

const TONES = [0, 0.3, 0.6];

export function ring(text: string): void {
  playTones();
  if (document.hidden) void notify(text, '', location.pathname);
}

function playTones(): void {
  try {
    const audio = new AudioContext();
    for (const at of TONES) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = 880;
      volume.gain.setValueAtTime(0.2, audio.currentTime + at);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.25);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.25);
    }
    setTimeout(() => void audio.close(), 2_000);
  } catch {
    // A browser without sound shows the timer all the same.
  }
}
