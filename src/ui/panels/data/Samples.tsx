import { loadSample } from '../../../state/datasets.ts';
import { Button } from '../../components/Button.tsx';

const samples = [
  { file: 'support-chats.csv', title: 'Support chats', text: 'chat → one-sentence summary, 400 rows' },
  { file: 'intents.csv', title: 'Intents', text: 'message → one of twelve labels, 312 rows' },
  {
    file: 'knowledge-questions.csv',
    title: 'Questions on a manual',
    text: 'question → short answer; goes with retrieval',
  },
] as const;

/** The other bundled tables. */
export function Samples() {
  return (
    <>
      <h3>Samples</h3>
      <ul className="samples">
        {samples.map(({ file, title, text }) => (
          <li key={file}>
            <Button variant="quiet" size="sm" onClick={() => void loadSample(file)}>
              {title}
            </Button>
            <span className="faint">{text}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
