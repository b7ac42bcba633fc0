/** Mounts the page and brings back what was there. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startStudio } from './state/wiring.ts';
import { App } from './ui/App.tsx';
import './ui/styles/styles.css';

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
void startStudio();
