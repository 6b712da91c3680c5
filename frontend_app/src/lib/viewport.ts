// Keeps a CSS variable at the height that the on-screen keyboard leaves; on iOS `100dvh` does not know it.

export function followKeyboard(): void {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const measure = () => {
    const height = `${Math.round(viewport.height)}px`;
    document.documentElement.style.setProperty('--viewport-height', height);
  };
  viewport.addEventListener('resize', measure);
  measure();
}
