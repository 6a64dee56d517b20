#ifndef SB_LAYERS_H
#define SB_LAYERS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/timings.h"
#include "check/plan.h"
#include "release/store.h"
#include "slug/slug.h"

/*
 * The layers of one slug, each made by a thread of its own as soon as what it is made from is
 * there: the app's tree at once, the dependencies while checks and collectstatic run.
 *
 *	SB_AUTO(sb_layers) layers = { .settings = …, .repo = …, … };
 *
 *	sb_layers_tree(&layers);
 *	…
 *	sb_layers_folder(&layers, SB_LAYER_PYTHON, path, key);
 *	…
 *	if (sb_layers_wait(&layers, err) < 0)
 *		return -1;
 *
 * They lie in the slug in the order of the enum, whatever was ready first. Releasing what was not
 * waited for stops it.
 */
enum sb_layer_place { SB_LAYER_APP, SB_LAYER_PYTHON, SB_LAYER_STATIC, SB_LAYER_LAUNCH, SB_LAYER_PLACES };

struct sb_layer_work {
	struct sb_layers *all;
	enum sb_layer_place place;
	char *path, *key; /* of a folder */
	pthread_t thread;
	bool begun, threaded, made;
	struct sb_layer layer;
	struct sb_error err;
};

struct sb_layers {
	/* in; borrowed */
	const struct sb_settings *settings;
	const struct sb_repo *repo;  /* another one is opened beside it */
	const char *tree;
	const struct sb_plan *plan;
	const struct sb_store *store;
	struct sb_timings *timings;
	bool no_cache;
	/* own */
	struct sb_layer_work work[SB_LAYER_PLACES];
	atomic_bool stop;
	/* out */
	struct sb_layer item[SB_LAYER_PLACES]; /* in the slug's order; moved out of `work` */
	size_t n;
};

void sb_layers_tree(struct sb_layers *layers);

/* `key` NULL: known by its content only. */
void sb_layers_folder(struct sb_layers *layers, enum sb_layer_place place, const char *path,
		      const char *key);

/* Until all that was begun is there. */
int sb_layers_wait(struct sb_layers *layers, struct sb_error *err) SB_MUST_CHECK;

void sb_layers_release(struct sb_layers *layers);

#endif
