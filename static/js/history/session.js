// What is selected on the timeline is marked in the list of actions, if it is on this page of it.
document.addEventListener("timeline:select", (event) => {
  for (const row of document.querySelectorAll("[data-span].selected")) row.classList.remove("selected");
  const action = /^[ac](\d+)/.exec(event.detail.key)?.[1];
  if (action) document.getElementById(`a${action}`)?.classList.add("selected");
});
