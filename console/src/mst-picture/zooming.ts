import type { Selection } from 'd3-selection'
import { zoom, zoomIdentity, type ZoomTransform, zoomTransform } from 'd3-zoom'
import { NODE_HEIGHT, type Placed, type PlacedTree } from './place-tree.js'

/** How far one gets in, and a step of a button. */
const [CLOSEST, STEP] = [6, 1.6]
/** As close as somebody has to be who goes from record to record. */
const READABLE = 1.2
/** Closer than this, texts in the picture can be read. */
const NEAR = 0.75
/** What is left free around the tree. */
const MARGIN = 24

/** What moves the picture. */
export interface Zooming {
  in(): void
  out(): void
  /** Shows all of the tree. */
  fit(): void
  /** Brings an item into the middle, close enough to be looked at. */
  goTo(item: Placed): void
  /** Stops looking at the size of the window. */
  end(): void
}

/**
 * Lets a picture be zoomed and moved. Trees are wide and low: from afar they are squeezed from the sides alone, so that all
 * layers fill the height; from where that fits, they grow in both directions.
 */
export function zoomable(
  svg: Selection<SVGSVGElement, unknown, null, undefined>,
  rows: Selection<SVGGElement, unknown, null, undefined>,
  scene: Selection<SVGGElement, unknown, null, undefined>,
  { box, layers }: PlacedTree,
): Zooming {
  const element = svg.node()!
  let [width, height] = [0, 0]
  /** How much the picture is scaled when its layers fill the height, and when all of it is to be seen. */
  let [upright, whole] = [1, 1]
  const paint = ({ k, x, y }: ZoomTransform): void => {
    const ky = Math.max(k, upright)
    const down = k >= upright ? y : (height - upright * (box.top + box.bottom)) / 2
    scene.attr('transform', `translate(${x},${down}) scale(${k},${ky})`)
    svg.classed('mst-far', k < NEAR)
    rows
      .selectAll<SVGTextElement, (typeof layers)[number]>('text')
      .data(layers)
      .join('text')
      .attr('x', 6)
      .attr('y', (row) => ky * (row.y + NODE_HEIGHT / 2) + down)
      .text(({ layer }) => `layer ${layer}`)
  }
  const zooming = zoom<SVGSVGElement, unknown>()
    .extent(() => [
      [0, 0],
      [width, height],
    ])
    // What is smaller than the window stays in its middle, what is larger cannot be lost.
    .translateExtent([
      [box.left - MARGIN, box.top - MARGIN],
      [box.right + MARGIN, box.bottom + MARGIN],
    ])
    .on('zoom', ({ transform }: { transform: ZoomTransform }) => paint(transform))
  const measure = (): void => {
    ;[width, height] = [element.clientWidth || 800, element.clientHeight || 400]
    upright = Math.min(height / (box.bottom - box.top + 2 * MARGIN), 1.5)
    whole = Math.min(width / (box.right - box.left + 2 * MARGIN), upright)
    zooming.scaleExtent([whole, Math.max(CLOSEST, whole)])
  }
  const fit = (): void =>
    void svg.call(
      zooming.transform,
      zoomIdentity
        .translate(width / 2 - (whole * (box.left + box.right)) / 2, height / 2 - (whole * (box.top + box.bottom)) / 2)
        .scale(whole),
    )
  measure()
  svg.call(zooming).on('dblclick.zoom', null)
  fit()
  const watch = new ResizeObserver(() => {
    if (element.clientWidth === width && element.clientHeight === height) return
    const wasWhole = zoomTransform(element).k === whole
    measure()
    if (wasWhole) fit()
    else svg.call(zooming.scaleBy, 1)
  })
  watch.observe(element)
  return {
    in: () => void svg.call(zooming.scaleBy, STEP),
    out: () => void svg.call(zooming.scaleBy, 1 / STEP),
    fit,
    goTo({ x, y }) {
      svg.call(zooming.scaleTo, Math.max(zoomTransform(element).k, READABLE))
      svg.call(zooming.translateTo, x, y)
    },
    end: () => watch.disconnect(),
  }
}
