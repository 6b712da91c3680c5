// Keeps a CSS variable at the height above the on-screen keyboard; on iOS `100dvh` does not change with it.

export function trackViewportHeight(): void {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const update = () => {
    const height = `${Math.round(viewport.height)}px`;
    document.documentElement.style.setProperty('--viewport-height', height);
  };
  viewport.addEventListener('resize', update);
  update();
}
