import { useEffect, useRef, useState } from 'preact/hooks'
import { same, samePoint, walk, type Proof, type Values, type Verdict } from './proof.ts'
import type { Words } from './words.ts'

/** Every step from the hash to the crash point, with what was computed beside what was told. */
export function Steps({ values, proof, words }: { values: Values; proof: Proof; words: Words }) {
  const inChain = same(proof.previous, values.before)
  const asPlayed = samePoint(proof.point, values.point)
  const [walked, setWalked] = useState<{ of: Values; verdict: Verdict } | null>(null)
  // Of other values nothing is known, from their first picture on.
  const atStart = walked?.of === values ? walked.verdict : null
  const verdicts = [inChain, asPlayed, atStart]
  return (
    <section aria-label={words.steps}>
      <Summary verdicts={verdicts} words={words} />
      <ol>
        <Step name={words.chain} why={words.chainWhy} verdict={inChain} words={words}>
          <Line label="SHA-256" value={proof.previous} />
          {values.before !== '' && <Line label={words.told} value={values.before} />}
        </Step>
        <Step name={words.draw} why={words.drawWhy} words={words}>
          <Line label="HMAC-SHA-256" value={proof.hmac} mark={13} />
        </Step>
        <Step name={words.number} words={words}>
          <Line label={`r = 0x${proof.digits}`} value={proof.r.toString()} />
        </Step>
        <Step name={words.pointStep} why={words.pointWhy} verdict={asPlayed} words={words}>
          <Line
            label={`⌊${values.rtpBps} × 2⁵² ÷ (100 × (2⁵² − r))⌋`}
            value={`${proof.exact} → ${proof.point}`}
          />
          {values.point !== '' && <Line label={words.told} value={values.point} />}
        </Step>
        <Step name={words.walk} why={words.walkWhy} verdict={atStart} words={words}>
          <Walk
            values={values}
            words={words}
            done={(verdict) => setWalked({ of: values, verdict })}
          />
        </Step>
      </ol>
    </section>
  )
}

function Summary({ verdicts, words }: { verdicts: readonly Verdict[]; words: Words }) {
  if (verdicts.includes(false)) return <p class="verdict wrong">✗ {words.someWrong}</p>
  if (!verdicts.includes(true)) return null
  return <p class="verdict right">✓ {words.allRight}</p>
}

function Step(props: {
  name: string
  why?: string
  verdict?: Verdict
  words: Words
  children: preact.ComponentChildren
}) {
  const { name, why, verdict, words, children } = props
  return (
    <li>
      <h3>
        {name} {verdict !== undefined && <Mark verdict={verdict} words={words} />}
      </h3>
      {why !== undefined && <p>{why}</p>}
      <dl>{children}</dl>
    </li>
  )
}

function Mark({ verdict, words }: { verdict: Verdict; words: Words }) {
  if (verdict === null) return <small class="unknown">{words.unknown}</small>
  return (
    <small class={verdict ? 'right' : 'wrong'}>
      {verdict ? `✓ ${words.right}` : `✗ ${words.wrong}`}
    </small>
  )
}

function Line({ label, value, mark = 0 }: { label: string; value: string; mark?: number }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <code>
          {mark > 0 && <mark>{value.slice(0, mark)}</mark>}
          {value.slice(mark)}
        </code>
      </dd>
    </div>
  )
}

/** Hashes back to the commitment, as long as nobody stops it. */
function Walk(props: { values: Values; words: Words; done: (verdict: Verdict) => void }) {
  const { values, words, done } = props
  const [left, setLeft] = useState<number | null>(null)
  const [found, setFound] = useState('')
  const run = useRef(0)
  useEffect(() => {
    run.current++
    setLeft(null)
    setFound('')
  }, [values])
  const steps = Number(values.index)
  if (!(steps >= 1) || values.commitment === '') return null
  async function start(): Promise<void> {
    const mine = ++run.current
    setLeft(steps)
    const start = await walk(values.hash, steps, setLeft, () => mine !== run.current)
    if (start === null) return
    setLeft(null)
    setFound(start)
    done(same(start, values.commitment))
  }
  function stop(): void {
    run.current++
    setLeft(null)
  }
  return (
    <>
      {left === null ? (
        <button type="button" onClick={() => void start()}>
          {words.walkButton(steps.toLocaleString())}
        </button>
      ) : (
        <button type="button" onClick={stop}>
          {words.stop}
        </button>
      )}
      {left !== null && (
        <progress max={steps} value={steps - left} aria-label={words.left(String(left))} />
      )}
      {found !== '' && <Line label={words.computed} value={found} />}
      <Line label={words.commitment} value={values.commitment} />
    </>
  )
}
