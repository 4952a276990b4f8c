// A canvas that is as sharp as the screen: sizes in CSS pixels, drawn in device pixels.
export function surface(canvas) {
  const context = canvas.getContext("2d");
  return {
    canvas,
    // A cleared context of this size, in CSS pixels.
    begin(width, height) {
      const ratio = window.devicePixelRatio || 1;
      const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
      if (canvas.width !== w || canvas.height !== h) {
        canvas.width = w;
        canvas.height = h;
        canvas.style.setProperty("width", `${width}px`);
        canvas.style.setProperty("height", `${height}px`);
      }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      return context;
    },
  };
}
