// Written by make_values.py with PyTorch 1.13.0a0. Do not edit.
#pragma once
#include <vector>

namespace stored {

inline const std::vector<float> gapc_probability{0.32402271f, 0.348592579f, 0.32738471f, 0.323322743f, 0.362837017f, 0.31384024f, 0.324077666f, 0.348290116f, 0.327632248f, 0.315445662f, 0.355577737f, 0.328976572f, 0.321667075f, 0.355725318f, 0.322607607f, 0.326945961f, 0.350061715f, 0.322992325f};
inline const std::vector<float> resnet18_probability{0.168916807f, 0.477372557f, 0.353710622f, 0.194258243f, 0.439642519f, 0.366099238f, 0.171578363f, 0.437122762f, 0.39129892f, 0.197231367f, 0.437092423f, 0.365676254f, 0.163940549f, 0.463244945f, 0.372814476f, 0.177863434f, 0.435793757f, 0.386342853f};
inline const std::vector<float> adam_loss{1.14705551f, 1.11600757f, 1.09189892f, 1.07481992f, 1.06402159f};
inline const std::vector<float> adam_l2_loss{1.14705551f, 1.12028515f, 1.09915197f, 1.08356988f, 1.07299244f};
inline const std::vector<float> adamw_loss{1.14705551f, 1.11561692f, 1.09150159f, 1.074687f, 1.06427526f};
inline const std::vector<float> sgd_loss{1.14705551f, 1.07351243f, 1.11268485f, 0.992588699f, 1.00339365f};
inline const std::vector<float> rmsprop_loss{1.14705551f, 1.22309196f, 1.07652915f, 1.01142371f, 0.986652851f};
inline const std::vector<float> weighted_loss{1.07556701f, 1.03058052f, 0.995964348f, 0.970358431f, 0.952055097f};
inline const std::vector<float> resnet18_training_loss{2.0847261f, 0.475163013f, 0.0801114663f};
inline const std::vector<float> smoothed_weighted_loss{1.32568288f};
inline const std::vector<float> one_output_loss{0.660004914f, 0.647046804f, 0.636983931f};

}  // namespace stored
