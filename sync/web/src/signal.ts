// Feedback for eyes off the screen: a tone and a buzz, clearly different for right, wrong and done. Framework-free; the
// full-screen flash is drawn by the surface.

export type Signal = 'right' | 'wrong' | 'done' | 'attention';

/** Notes as [frequency in Hz, start s, length s]; vibration as the browser takes it. */
const SOUND: Record<Signal, { type: OscillatorType; notes: [number, number, number][]; buzz: number[] }> = {
  right: { type: 'sine', notes: [[880, 0, 0.09], [1320, 0.07, 0.12]], buzz: [40] },
  wrong: { type: 'square', notes: [[180, 0, 0.18], [140, 0.2, 0.3]], buzz: [120, 60, 240] },
  done: { type: 'sine', notes: [[660, 0, 0.1], [880, 0.1, 0.1], [1320, 0.2, 0.2]], buzz: [40, 40, 40] },
  attention: { type: 'triangle', notes: [[740, 0, 0.15], [740, 0.25, 0.15]], buzz: [80, 80, 80] },
};

let context: AudioContext | undefined;

/** Sounds and buzzes at once. A device without either stays silent: colour and words are on the screen. */
export function signal(kind: Signal): void {
  const { type, notes, buzz } = SOUND[kind];
  try {
    navigator.vibrate?.(buzz);
    context ??= new AudioContext();
    if (context.state === 'suspended') void context.resume();
    for (const [frequency, start, length] of notes) tone(context, type, frequency, start, length);
  } catch {
    // No sound hardware or not yet allowed by a gesture.
  }
}

function tone(audio: AudioContext, type: OscillatorType, frequency: number, start: number, length: number): void {
  const from = audio.currentTime + start;
  const oscillator = new OscillatorNode(audio, { type, frequency });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(0.0001, from);
  volume.gain.exponentialRampToValueAtTime(0.4, from + 0.01);
  volume.gain.exponentialRampToValueAtTime(0.0001, from + length);
  oscillator.connect(volume).connect(audio.destination);
  oscillator.start(from);
  oscillator.stop(from + length + 0.02);
}
