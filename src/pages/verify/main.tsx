import { render } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Copy } from '../common/copy.tsx'
import { useWords } from '../common/language.tsx'
import { multiplierText } from '../common/multiplier.ts'
import { programs } from './programs.ts'
import { faultsOf, prove, type Proof, type Values } from './proof.ts'
import { empty, fetchRound, newest, parseRound, valuesOf, type Round } from './round.ts'
import { Steps } from './steps.tsx'
import { words as table, type Words } from './words.ts'

/** Whether the page came from its server, not from a file. */
const served = location.protocol.startsWith('http')

/** Recomputes a round in the browser. */
function Verify() {
  const { words, button } = useWords(table)
  const [values, setValues] = useState(empty)
  const [note, setNote] = useState(served ? '' : words.noServer)
  const [proved, setProved] = useState<{ values: Values; proof: Proof } | null>(null)
  useEffect(() => {
    let late = false
    if (faultsOf(values).length === 0 && crypto.subtle !== undefined)
      void prove(values).then((proof) => late || setProved({ values, proof }))
    return () => void (late = true)
  }, [values])

  function show(round: Round, before = ''): void {
    setNote(
      round.status === 'running'
        ? words.running
        : round.source === 'scenario'
          ? words.scenario
          : '',
    )
    setValues(valuesOf(round, before))
  }
  /** What was shown before would be taken for the round that is not there. */
  function failed(message: string): void {
    setNote(message)
    setValues(empty)
  }
  /** What was said of a round is not said of other values. */
  function typed(changed: Values): void {
    setNote('')
    setValues(changed)
  }
  const faults = values === empty ? [] : faultsOf(values)
  // A proof of other values is none of these.
  const proof = proved?.values === values ? proved.proof : null
  const steps =
    proof !== null ? (
      <Steps values={values} proof={proof} words={words} />
    ) : (
      faults.length > 0 &&
      note === '' && (
        <p role="status" class="wrong">
          {words.check(faults.map((name) => words[name]))}
        </p>
      )
    )
  return (
    <>
      <header>
        <nav>
          {served && (
            <span>
              <a href="/">{words.home}</a> <a href="/crash">{words.back}</a>
            </span>
          )}
          {button}
        </nav>
        <h1>{words.title}</h1>
        <p>{words.intro}</p>
      </header>
      {crypto.subtle === undefined && <p class="verdict wrong">{words.noCrypto}</p>}
      {served && <Search words={words} found={show} failed={failed} />}
      {note !== '' && <p role="status">{note}</p>}
      {served && steps}
      <Fields {...{ values, faults, words }} change={typed} pasted={show} />
      {!served && steps}
      <Programs words={words} values={values} />
    </>
  )
}

/** Finds a round by its id, which may stand in the address. */
function Search(props: {
  words: Words
  found: (round: Round, before: string) => void
  failed: (message: string) => void
}) {
  const { words, found, failed } = props
  const [id, setId] = useState(location.hash.slice(1))
  const [rounds, setRounds] = useState<readonly Round[]>([])
  function find(wanted: string): void {
    setId(wanted)
    history.replaceState(null, '', `#${wanted}`)
    fetchRound(wanted).then(
      ({ round, before }) => found(round, before),
      (error: Error) => failed(error.message),
    )
  }
  useEffect(() => {
    if (id !== '') find(id)
    newest().then(setRounds, () => {})
    const moved = () => find(location.hash.slice(1))
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  function submit(event: Event): void {
    event.preventDefault()
    if (id.trim() !== '') find(id.trim())
  }
  return (
    <form onSubmit={submit}>
      <label for="round">{words.round}</label>
      <fieldset role="group">
        <input
          id="round"
          inputMode="numeric"
          placeholder={words.roundHint}
          value={id}
          onInput={({ currentTarget }) => setId(currentTarget.value)}
        />
        <button type="submit">{words.fetch}</button>
      </fieldset>
      {rounds.length > 0 && (
        <p class="rounds">
          {words.newest}:{' '}
          {rounds.map(({ roundId, crashPoint }) => (
            <a key={roundId} href={`#${roundId}`} title={roundId}>
              {crashPoint !== null && multiplierText(crashPoint)}
            </a>
          ))}
        </p>
      )}
    </form>
  )
}

const fields = ['hash', 'salt', 'before', 'commitment', 'rtpBps', 'cap', 'point', 'index'] as const

/** The values, from wherever they come; they are open when one is newly wrong. */
function Fields(props: {
  values: Values
  faults: readonly (keyof Values)[]
  words: Words
  change: (values: Values) => void
  pasted: (round: Round) => void
}) {
  const { values, faults, words, change, pasted } = props
  const details = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    if (faults.length > 0) details.current!.open = true
  }, [faults.join()])
  function paste(text: string): void {
    const round = parseRound(text)
    if (round !== null) pasted(round)
  }
  return (
    <details ref={details} open={!served}>
      <summary>{words.values}</summary>
      <label for="paste">{words.paste}</label>
      <textarea id="paste" rows={2} onInput={({ currentTarget }) => paste(currentTarget.value)} />
      <div class="fields">
        {fields.map((name) => (
          <label key={name} class={name}>
            {words[name]}
            <input
              name={name}
              autocomplete="off"
              spellcheck={false}
              value={values[name]}
              aria-invalid={faults.includes(name) ? 'true' : undefined}
              onInput={({ currentTarget }) =>
                change({ ...values, [name]: currentTarget.value.trim() })
              }
            />
            {faults.includes(name) && <small>{words.bad}</small>}
          </label>
        ))}
      </div>
    </details>
  )
}

/** The programs that do the same without this page. */
function Programs({ words, values }: { words: Words; values: Values }) {
  const { hash, salt, rtpBps, cap } = values
  const line = `node check.mjs ${[hash, salt, rtpBps, cap].map((one) => one || '…').join(' ')}`
  return (
    <section>
      <h2>{words.programs}</h2>
      <p>
        {words.programsWhy} <code>{line}</code>
      </p>
      {Object.entries(programs).map(([name, text]) => (
        <details key={name}>
          <summary>{name === 'python' ? 'Python' : 'JavaScript'}</summary>
          <Copy text={text} label={words.copy} done={words.copied} />
          <pre>
            <code class={name}>{text}</code>
          </pre>
        </details>
      ))}
    </section>
  )
}

render(<Verify />, document.getElementById('page')!)
