// scene_story.h - the made-up machine of the moving picture.
#ifndef TESTS_SUPPORT_SCENE_STORY_H
#define TESTS_SUPPORT_SCENE_STORY_H

#include "support/stage.h"

// A training host with a full /dev/shm: four objects of a killed job, four of a running one. `turn`
// gets the pictures after the four were removed, and after they were brought back.
void scene_story_make(struct scene *s, struct stage_turn *turn);
void scene_story_free(struct scene *s, struct stage_turn *turn);

#endif
