import { useEffect } from 'react';
import { useSettings } from '../../state/settings.ts';

/** Puts the chosen theme on the document; "system" leaves it to the system. */
export function useTheme(): void {
  const theme = useSettings((state) => state.theme);
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }, [theme]);
}
