import { answerOne, cancelComparison, chooseHeldOut, setPrompt } from '../../../state/answers.ts';
import { setReference, useComparison } from '../../../state/comparison.ts';
import { useModels } from '../../../state/models.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Section.tsx';
import { TextArea } from '../../components/TextArea.tsx';
import { AdapterChooser } from './AdapterChooser.tsx';
import { DecodingControls } from './DecodingControls.tsx';
import { FourAnswers } from './FourAnswers.tsx';
import { KnowledgeBase } from './KnowledgeBase.tsx';
import { Passages } from './Passages.tsx';

/** One input, one reference, four answers. */
export function OneInput() {
  const { heldOut, heldOutIndex, prompt, reference, isAnswering, isEvaluating } = useComparison();
  const model = useModels((state) => state.model);
  const count = heldOut.length;
  const example = heldOutIndex === undefined ? undefined : heldOut[heldOutIndex];
  const move = (by: number): void => {
    chooseHeldOut(((heldOutIndex ?? (by > 0 ? -1 : 0)) + by + count) % count);
  };
  return (
    <>
      <Section
        title="Input"
        hint={
          example === undefined
            ? 'own text, exactly as the model reads it'
            : `held-out row ${example.rowIndex + 1}, ${heldOutIndex! + 1} of ${count}, exactly as the model reads it`
        }
        actions={
          <>
            <Button
              variant="quiet"
              size="sm"
              disabled={count === 0}
              onClick={() => {
                move(-1);
              }}
            >
              Previous
            </Button>
            <Button
              variant="quiet"
              size="sm"
              disabled={count === 0}
              onClick={() => {
                move(1);
              }}
            >
              Next
            </Button>
            <Button
              variant="quiet"
              size="sm"
              disabled={count === 0}
              onClick={() => {
                chooseHeldOut(Math.floor(Math.random() * count));
              }}
            >
              Random
            </Button>
            <Button
              size="sm"
              onClick={() => {
                setPrompt('');
                setReference('');
              }}
            >
              Own text
            </Button>
          </>
        }
        note={
          <div className="compare-side">
            <AdapterChooser />
            <DecodingControls />
            <KnowledgeBase />
          </div>
        }
      >
        <div className="compare-input">
          <TextArea
            label="Input"
            rows={9}
            value={prompt}
            placeholder="Write what the model shall read, or take a held-out row."
            onChange={setPrompt}
          />
          <TextArea
            label="Reference"
            rows={9}
            value={reference}
            placeholder="The answer you would like, if there is one. Answers are measured against it."
            onChange={setReference}
          />
        </div>
      </Section>
      <Section
        title="Four answers"
        hint={
          reference === '' ? undefined : (
            <>
              <ins>added</ins> <del>missing</del> against the reference
            </>
          )
        }
        actions={
          isAnswering ? (
            <Button onClick={cancelComparison}>Stop</Button>
          ) : (
            <Button
              variant="primary"
              disabled={model === undefined || prompt.trim() === '' || isEvaluating}
              onClick={() => void answerOne()}
            >
              Answer
            </Button>
          )
        }
        note={<Passages />}
      >
        <FourAnswers />
      </Section>
    </>
  );
}
