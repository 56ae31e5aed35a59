# Types keys to an interactive zsh on a terminal of its own and prints what that shows: zsh -f typing.zsh START-FILE KEYS. Used by completions.test.ts.
zmodload zsh/zpty
zpty inner "exec zsh -f -i"
zpty -w inner "stty cols 120 rows 40; unsetopt beep zle_bracketed_paste; source $1; PS1='re''ady> '"
while zpty -r inner line '*ready> *'; do break; done
zpty -w -n inner "$2"
while zpty -r inner shown; do print -rn -- "$shown"; done
zpty -d inner
