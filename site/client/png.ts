/** A PNG of an SVG, drawn by the browser. It is checked by being read back. */

/** @param scale 1, or 2 for fine screens. @returns refused where the browser cannot draw it */
export async function pngOf(svg: string, scale: number): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * scale;
    canvas.height = image.naturalHeight * scale;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
    if (!blob) throw new Error("PNG: the browser cannot draw it");
    const { width } = await createImageBitmap(blob);
    if (width !== canvas.width) throw new Error(`PNG: ${width} pixels wide, not ${canvas.width}`);
    return blob;
  } finally {
    URL.revokeObjectURL(address);
  }
}
