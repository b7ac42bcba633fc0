import { useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button.tsx';

interface ConfirmButtonProps {
  label: string;
  /** What will be lost, as a question. */
  question: string;
  /** The button that does it. */
  confirm: string;
  onConfirm: () => void;
  size?: 'sm';
  disabled?: boolean;
}

/** A button that destroys something: asks once, in its own place. The focus follows the question. */
export function ConfirmButton({
  label,
  question,
  confirm,
  onConfirm,
  size,
  disabled = false,
}: ConfirmButtonProps) {
  const [isAsking, setAsking] = useState(false);
  const place = useRef<HTMLSpanElement>(null);
  const wasAsking = useRef(false);
  useEffect(() => {
    if (wasAsking.current !== isAsking) place.current?.querySelector('button')?.focus();
    wasAsking.current = isAsking;
  }, [isAsking]);
  const shared = size === undefined ? {} : { size };
  return (
    <span ref={place}>
      {isAsking ? (
        <fieldset className="confirm">
          <legend>{question}</legend>
          <Button
            variant="bad"
            {...shared}
            onClick={() => {
              setAsking(false);
              onConfirm();
            }}
          >
            {confirm}
          </Button>
          <Button
            variant="quiet"
            {...shared}
            onClick={() => {
              setAsking(false);
            }}
          >
            Go back
          </Button>
        </fieldset>
      ) : (
        <Button
          variant="bad"
          {...shared}
          disabled={disabled}
          onClick={() => {
            setAsking(true);
          }}
        >
          {label}
        </Button>
      )}
    </span>
  );
}
